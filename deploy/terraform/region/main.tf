# What one region needs: the network that machines are launched into, closed to all that would come in.

data "aws_subnets" "default" {
  count = length(var.subnet_ids) == 0 ? 1 : 0

  filter {
    name   = "default-for-az"
    values = ["true"]
  }
}

locals {
  # The subnets tell their region whatever the version of the provider calls it.
  region     = split(":", data.aws_subnet.machines[local.subnet_ids[0]].arn)[3]
  subnet_ids = length(var.subnet_ids) > 0 ? var.subnet_ids : sort(data.aws_subnets.default[0].ids)
  vpc_id     = data.aws_subnet.machines[local.subnet_ids[0]].vpc_id

  tags = { ManagedBy = "radix" }

  # An endpoint takes one subnet of each zone, and serves the others of the zone, too.
  zone_subnets        = { for id in local.subnet_ids : data.aws_subnet.machines[id].availability_zone => id... }
  endpoint_subnet_ids = [for ids in values(local.zone_subnets) : ids[0]]
}

data "aws_subnet" "machines" {
  for_each = toset(local.subnet_ids)
  id       = each.value
}

# The machines: nobody gets in, and out goes HTTPS alone.

resource "aws_security_group" "machines" {
  name        = "radix-benchmark-sg"
  description = "Machines that Radix benchmarks: no way in, HTTPS out"
  vpc_id      = local.vpc_id
  ingress     = []
  tags        = merge(local.tags, { Name = "radix-benchmark-sg" })

  egress {
    description = "Control plane, SSM, image registries"
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

# For subnets without a way to the internet.

resource "aws_security_group" "endpoints" {
  count       = var.private ? 1 : 0
  name        = "radix-benchmark-endpoints"
  description = "VPC endpoints for the machines that Radix benchmarks"
  vpc_id      = local.vpc_id
  egress      = []
  tags        = merge(local.tags, { Name = "radix-benchmark-endpoints" })

  ingress {
    description     = "Machines of Radix"
    from_port       = 443
    to_port         = 443
    protocol        = "tcp"
    security_groups = [aws_security_group.machines.id]
  }
}

resource "aws_vpc_endpoint" "ssm" {
  for_each            = var.private ? toset(["ssm", "ssmmessages", "ec2messages"]) : toset([])
  vpc_id              = local.vpc_id
  service_name        = "com.amazonaws.${local.region}.${each.value}"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = local.endpoint_subnet_ids
  security_group_ids  = [aws_security_group.endpoints[0].id]
  private_dns_enabled = true
  tags                = merge(local.tags, { Name = "radix-benchmark-${each.value}" })
}

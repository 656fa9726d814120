# What one region needs: the network that machines are launched into, closed to all that would come in.
# The resources are in resources.tf.json, which is generated; this is what they refer to.

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

  # An endpoint takes one subnet of each zone, and serves the others of the zone, too.
  zone_subnets        = { for id in local.subnet_ids : data.aws_subnet.machines[id].availability_zone => id... }
  endpoint_subnet_ids = [for ids in values(local.zone_subnets) : ids[0]]
}

data "aws_subnet" "machines" {
  for_each = toset(local.subnet_ids)
  id       = each.value
}

# The same as `radix aws init`, with the same names, tags and policies. Use one or the other in an account.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

data "aws_subnets" "default" {
  count = length(var.subnet_ids) == 0 ? 1 : 0

  filter {
    name   = "default-for-az"
    values = ["true"]
  }
}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  # The subnets tell their region whatever the version of the provider calls it.
  region     = split(":", data.aws_subnet.machines[local.subnet_ids[0]].arn)[3]
  subnet_ids = length(var.subnet_ids) > 0 ? var.subnet_ids : sort(data.aws_subnets.default[0].ids)
  vpc_id     = data.aws_subnet.machines[local.subnet_ids[0]].vpc_id

  tags = { ManagedBy = "radix" }

  # An endpoint takes one subnet of each zone, and serves the others of the zone, too.
  zone_subnets        = { for id in local.subnet_ids : data.aws_subnet.machines[id].availability_zone => id... }
  endpoint_subnet_ids = [for ids in values(local.zone_subnets) : ids[0]]

  github = var.github_repository == null ? 0 : 1
}

data "aws_subnet" "machines" {
  for_each = toset(local.subnet_ids)
  id       = each.value
}

# The machines: nobody gets in, and out goes HTTPS alone.

resource "aws_security_group" "machines" {
  name        = "radix-benchmark"
  description = "Machines that Radix benchmarks: no way in, HTTPS out"
  vpc_id      = local.vpc_id
  ingress     = []
  tags        = merge(local.tags, { Name = "radix-benchmark" })

  egress {
    description = "Control plane, SSM, image registries"
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_iam_role" "instance" {
  name               = "radix-benchmark-instance"
  description        = "Machines that Radix benchmarks"
  assume_role_policy = templatefile("${path.module}/policies/instance-trust.json.tftpl", {})
  tags               = merge(local.tags, { Name = "radix-benchmark-instance" })
}

resource "aws_iam_role_policy" "instance" {
  name = "radix-parameters"
  role = aws_iam_role.instance.name
  policy = templatefile("${path.module}/policies/instance.json.tftpl", {
    partition  = local.partition
    account_id = local.account_id
  })
}

resource "aws_iam_role_policy_attachment" "instance" {
  role       = aws_iam_role.instance.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_instance_profile" "instance" {
  name = "radix-benchmark-instance-profile"
  role = aws_iam_role.instance.name
  tags = merge(local.tags, { Name = "radix-benchmark-instance-profile" })
}

# The workflows of one repository.

resource "aws_iam_openid_connect_provider" "github" {
  count          = var.create_oidc_provider ? local.github : 0
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
  tags           = merge(local.tags, { Name = "token.actions.githubusercontent.com" })
}

resource "aws_iam_role" "github" {
  count                = local.github
  name                 = "radix-benchmark-github"
  description          = "Workflows that benchmark with Radix"
  max_session_duration = 7200
  tags                 = merge(local.tags, { Name = "radix-benchmark-github" })

  assume_role_policy = templatefile("${path.module}/policies/github-trust.json.tftpl", {
    partition         = local.partition
    account_id        = local.account_id
    github_repository = var.github_repository
  })

  depends_on = [aws_iam_openid_connect_provider.github]
}

resource "aws_iam_role_policy" "github" {
  count = local.github
  name  = "radix-benchmark"
  role  = aws_iam_role.github[0].name
  policy = templatefile("${path.module}/policies/github.json.tftpl", {
    partition      = local.partition
    account_id     = local.account_id
    region         = local.region
    subnet_arns    = [for id in local.subnet_ids : data.aws_subnet.machines[id].arn]
    instance_types = var.instance_types
  })
}

resource "aws_iam_role_policy" "github_cognito" {
  count = var.cognito_user_pool_id == null ? 0 : local.github
  name  = "radix-user-tokens"
  role  = aws_iam_role.github[0].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "GetUserTokens"
      Effect   = "Allow"
      Action   = "cognito-idp:AdminInitiateAuth"
      Resource = "arn:${local.partition}:cognito-idp:${local.region}:${local.account_id}:userpool/${var.cognito_user_pool_id}"
    }]
  })
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

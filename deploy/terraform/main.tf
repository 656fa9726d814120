# The same as `radix aws init`, with the same names, tags and policies. Use one or the other in an account.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

module "region" {
  source     = "./region"
  subnet_ids = var.subnet_ids
  private    = var.private
}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition

  subnet_arns = concat(module.region.subnet_arns, var.fallback_subnet_arns)
  regions     = distinct([for arn in local.subnet_arns : split(":", arn)[3]])

  tags = { ManagedBy = "radix" }

  github = var.github_repository == null ? 0 : 1
  github_subjects = concat(
    [for ref in var.github_refs : "repo:${var.github_repository}:ref:${ref}"],
    [for environment in var.github_environments : "repo:${var.github_repository}:environment:${environment}"],
  )
}

resource "aws_iam_role" "instance" {
  name               = "radix-benchmark-role"
  description        = "Machines that Radix benchmarks"
  assume_role_policy = templatefile("${path.module}/policies/instance-trust.json.tftpl", {})
  tags               = merge(local.tags, { Name = "radix-benchmark-role" })
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
    github_subjects = length(local.github_subjects) > 0 ? local.github_subjects : ["repo:${var.github_repository}:*"]
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
    regions        = local.regions
    subnet_arns    = local.subnet_arns
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
      Resource = "arn:${local.partition}:cognito-idp:${split("_", var.cognito_user_pool_id)[0]}:${local.account_id}:userpool/${var.cognito_user_pool_id}"
    }]
  })
}

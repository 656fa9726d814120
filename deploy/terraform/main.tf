# What `radix aws init` makes, with the same names, tags and policies. Use one or the other in an account.
# The resources are in resources.tf.json, which is generated; this is what they refer to.

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

  has_github = var.github_repository != null
  # Never null: policies that are not used are put together, too.
  repository = coalesce(var.github_repository, "none/none")
  named_subjects = concat(
    [for ref in var.github_refs : "repo:${local.repository}:ref:${ref}"],
    [for environment in var.github_environments : "repo:${local.repository}:environment:${environment}"],
  )
  github_subjects = length(local.named_subjects) > 0 ? local.named_subjects : ["repo:${local.repository}:*"]

  user_pool_id     = coalesce(var.cognito_user_pool_id, "none_none")
  user_pool_region = split("_", local.user_pool_id)[0]
}

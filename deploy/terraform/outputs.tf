output "secrets" {
  description = "Secrets for the repository, by name. BENCH_AMI_ID may stay unset: the newest Deep Learning AMI is taken."
  value = merge(
    {
      BENCH_SUBNET_ID             = join(",", module.region.subnet_ids)
      BENCH_SECURITY_GROUP_ID     = module.region.security_group_id
      BENCH_INSTANCE_PROFILE_NAME = aws_iam_instance_profile.instance.name
    },
    length(local.regions) == 1 ? {} : { BENCH_FALLBACK_REGIONS = join(",", slice(local.regions, 1, length(local.regions))) },
    local.has_github ? { AWS_ROLE_TO_ASSUME_ARN = aws_iam_role.github[0].arn } : {}
  )
}

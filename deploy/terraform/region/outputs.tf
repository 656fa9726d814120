output "subnet_ids" {
  description = "Subnets that machines are launched into, in order."
  value       = local.subnet_ids
}

output "subnet_arns" {
  description = "The same as ARNs: `fallback_subnet_arns` of the main module takes them."
  value       = [for id in local.subnet_ids : data.aws_subnet.machines[id].arn]
}

output "security_group_id" {
  description = "Security group of the machines."
  value       = aws_security_group.machines.id
}

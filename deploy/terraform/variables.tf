variable "subnet_ids" {
  description = "Subnets that machines are launched into, in order; all in one VPC. Empty: those of the default VPC."
  type        = list(string)
  default     = []
}

variable "fallback_subnet_arns" {
  description = "Subnets in other regions that workflows may launch into, too: output `subnet_arns` of the module in `region/`."
  type        = list(string)
  default     = []
}

variable "github_repository" {
  description = "owner/name of the repository whose workflows get a role. Null: no role, no OIDC provider."
  type        = string
  default     = null

  validation {
    condition     = var.github_repository == null || can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github_repository))
    error_message = "It must be the owner and the name, such as iangreen74/radix."
  }
}

variable "github_refs" {
  description = "Only jobs without an environment on these refs get the role; refs/heads/main for reap.yml. With neither refs nor environments: all of the repository."
  type        = list(string)
  default     = []
}

variable "github_environments" {
  description = "Only jobs in these environments get the role; radix-benchmark for gpu-benchmark-ec2.yml."
  type        = list(string)
  default     = []
}

variable "create_oidc_provider" {
  description = "False where the account trusts GitHub's tokens already: an account has one provider for all its repositories."
  type        = bool
  default     = true
}

variable "instance_types" {
  description = "Patterns of the instance types that workflows may launch."
  type        = list(string)
  default     = ["g4dn.*", "g5.*", "g6.*", "g6e.*"]
}

variable "cognito_user_pool_id" {
  description = "User pool of which workflows may get user tokens. Null: none."
  type        = string
  default     = null
}

variable "private" {
  description = "Makes VPC endpoints for SSM, for subnets without a way to the internet. They cost money by the hour."
  type        = bool
  default     = false
}

variable "subnet_ids" {
  description = "Subnets that machines are launched into, in order; all in one VPC. Empty: those of the default VPC."
  type        = list(string)
  default     = []
}

variable "private" {
  description = "Makes VPC endpoints for SSM, for subnets without a way to the internet. They cost money by the hour."
  type        = bool
  default     = false
}

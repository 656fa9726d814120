/** Recognises IAM's errors for resources that do not exist. */
import { awsCodeOf } from '../ec2-errors.ts'

/** `undefined` if IAM does not know it. */
export async function ifThere<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (awsCodeOf(error).startsWith('NoSuchEntity')) return undefined
    throw error
  }
}

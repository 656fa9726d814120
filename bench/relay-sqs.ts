/** A relay over two SQS queues: what the relay over S3 is compared to. It needs credentials of AWS on both sides. */
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { RelayTransport } from '../src/relay/transport.ts'

/** The longest that SQS offers. */
const WAIT_SECONDS = 20

export async function createQueue(sqs: SQSClient, QueueName: string): Promise<string> {
  return (await sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? ''
}

/** A received message is deleted: a third request for each. */
export function createQueueTransport(sqs: SQSClient, readUrl: string, writeUrl: string): RelayTransport {
  return {
    // Reading itself waits.
    pauseMs: { busy: 0, idle: 0 },
    async write(content, abortSignal) {
      const MessageBody = Buffer.from(content).toString('base64')
      await sqs.send(new SendMessageCommand({ QueueUrl: writeUrl, MessageBody }), { abortSignal })
    },
    async read(abortSignal) {
      const request = { QueueUrl: readUrl, WaitTimeSeconds: WAIT_SECONDS, MaxNumberOfMessages: 1 }
      const { Messages: [message] = [] } = await sqs.send(new ReceiveMessageCommand(request), { abortSignal })
      if (!message) return undefined
      const { ReceiptHandle, Body = '' } = message
      await sqs.send(new DeleteMessageCommand({ QueueUrl: readUrl, ReceiptHandle }), { abortSignal })
      return Buffer.from(Body, 'base64')
    },
  }
}

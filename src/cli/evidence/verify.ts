/** `radix evidence verify` */
import { endSentence } from '../../core/format.ts'
import { CLI_LIMITS } from '../../core/limits/cli.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { refusalOf } from '../../evidence/open-evidence.ts'
import { type PublicKey, parsePublicKey } from '../../evidence/signature/keys.ts'
import { type Verification, verifyEvidence } from '../../evidence/signature/verify.ts'
import { readTextFile } from '../../system/text-file.ts'
import { findDocument } from '../bench/find-evidence.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { note, print, printJson, renderTable } from '../shared/output.ts'

interface VerifyOptions extends ConnectionOptions {
  key?: string
  json?: boolean
}

const WHAT_IT_PROVES = `
The document is unchanged since that key signed it. The signature does not say who owns the key: compare its id with the
one that \`radix evidence key\` prints where the run was measured, or pass --key FILE.`

interface Expected {
  key: PublicKey
  path: string
}

/** Shows the result, then throws a separate error for each kind of invalid evidence. */
export async function verifyDocument(reference: string, options: VerifyOptions): Promise<void> {
  const expected = options.key === undefined ? undefined : readKey(options.key)
  const { document, place, runId } = await findDocument(reference, options)
  const verification = verifyEvidence(document, runId)
  if (options.json) printJson(toJson(verification, expected))
  throwFindings(verification, place, expected)
  if (!options.json) printValid(verification, document, expected)
}

/** Throws `VERIFICATION_KEY_INVALID`. */
function readKey(path: string): Expected {
  let text: string
  try {
    text = readTextFile(path, CLI_LIMITS.verificationKeyFile.value)
  } catch (error) {
    const reason = endSentence(error instanceof Error ? error.message : String(error))
    throw new RadixError('VERIFICATION_KEY_INVALID', { path, reason }, { cause: error })
  }
  if (text.length > CLI_LIMITS.verificationKeyFile.value) {
    throw new RadixError('VERIFICATION_KEY_INVALID', { path, reason: 'it is far longer than a key.' })
  }
  const key = parsePublicKey(text)
  if (key) return { key, path }
  throw new RadixError('VERIFICATION_KEY_INVALID', { path, reason: 'it contains no public Ed25519 key in PEM.' })
}

function toJson({ state, reason, keyId, signedAt }: Verification, expected: Expected | undefined) {
  const expectedKeyId = expected?.key.keyId ?? null
  return {
    state,
    reason,
    key_id: keyId,
    signed_at: signedAt,
    expected_key_id: expectedKeyId,
    is_by_expected_key: expectedKeyId === null ? null : state === 'valid' && keyId === expectedKeyId,
  }
}

function throwFindings(verification: Verification, reference: string, expected: Expected | undefined): void {
  const refusal = refusalOf(verification, reference)
  if (refusal) throw refusal
  if (!expected || verification.keyId === expected.key.keyId) return
  throw new RadixError('EVIDENCE_SIGNED_BY_ANOTHER', {
    reference,
    key_id: String(verification.keyId),
    expected_key_id: expected.key.keyId,
    key_path: expected.path,
  })
}

function printValid({ keyId, signedAt }: Verification, document: unknown, expected: Expected | undefined): void {
  const runId = typeof document === 'object' && document && 'run_id' in document ? String(document.run_id) : null
  print('The signature is valid: the document is unchanged since it was signed.\n')
  print(
    renderTable(
      ['Run', runId ?? '-'],
      [
        ['Key', keyId],
        ['Signed', signedAt],
      ],
    ),
  )
  if (expected) print(`\nThe key is the one in ${expected.path}.`)
  else note(WHAT_IT_PROVES)
}

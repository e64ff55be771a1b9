import { now, Refusal } from '#system'
import type { CanaryFile } from './file.ts'
import type { KeyholdersKey } from './key.ts'
import { isSigned, signStatement } from './signatures.ts'
import { saysAll } from './statement.ts'
import { whyUntimely } from './timely.ts'

/** Why a canary is not to be signed by a key at a time, in sentences for its keyholder; empty when it is. */
export function whyNotToSign({ statement, signatures }: CanaryFile, key: string, at: Date = now()): string[] {
  const untimely = whyUntimely(statement, at)
  return [
    ...(saysAll(statement)
      ? []
      : ['It does not say what a canary of this program says: it was changed, or the program is another one.']),
    ...(untimely === undefined ? [] : [untimely]),
    ...(signatures.some((one) => one.key === key) ? ['This key has signed it already.'] : []),
    ...(signatures.every((one) => isSigned(statement, one))
      ? []
      : [
          'It was changed after somebody had signed it: a signature in it does not fit. Do not sign; ask who changed it.',
        ]),
  ]
}

/** Adds a keyholder's signature. @throws Refusal 'invalid' */
export function signCanary(file: CanaryFile, { x, privateKey }: KeyholdersKey): CanaryFile {
  const fields = whyNotToSign(file, x)
  if (fields.length > 0) throw new Refusal('invalid', { fields })
  return { ...file, signatures: [...file.signatures, signStatement(file.statement, x, privateKey)] }
}

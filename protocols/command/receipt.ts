import { readFileSync } from 'node:fs'
import { Refusal } from '#system'
import { publicKeys, verifyReceipt, type Verdict } from '#trust/receipts'
import { readPublicKeys } from '#trust/signing'
import { EXIT, type Command } from './command.ts'

const WHY: Record<Extract<Verdict, { isValid: false }>['why'], string> = {
  form: 'That is no receipt of a Zegel server.',
  key: 'It is signed with a key that is not of this server; name its keys with --keys.',
  signature: 'It was changed after it was signed.',
  address: 'It is about another address than the one that stands in it.',
}

export const receiptCommands: Command[] = [
  {
    name: 'receipt verify',
    usage: 'FILE [--keys FILE]',
    summary:
      'Verifies the receipt for an erased account, by this server’s key or by those in a file as /.well-known/zegel-receipts.json gives them.',
    arguments: [1, 1],
    options: { keys: { type: 'string' } },
    async run({ positionals, options, print, withStorage }) {
      const published = options['keys'] as string | undefined
      const receipt = read(positionals[0] as string)
      const { keys } =
        published === undefined ? await withStorage(publicKeys) : { keys: readPublicKeys(read(published)) }
      const verdict = verifyReceipt(receipt, keys)
      print(verdict, () =>
        verdict.isValid
          ? [
              `Receipt ${verdict.receipt} of ${verdict.host} is genuine: the account was erased at ${verdict.erasedAt}.`,
              verdict.isAddressProven
                ? 'It is about the address that stands in it.'
                : 'It does not say about which address.',
            ].join('\n')
          : WHY[verdict.why],
      )
      return verdict.isValid ? EXIT.ok : EXIT.refused
    },
  },
]

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Refusal('invalid', {
      cause: error,
      fields: [`${file}: ${String((error as NodeJS.ErrnoException).code)}`],
    })
  }
}

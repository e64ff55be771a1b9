import { htmlToText } from '#formats/message'
import type { Identity } from '#mail/identities'
import { NOTHING, previewOf, type RecordKind } from './kind.ts'

const signature = ({ textSignature, htmlSignature }: Identity): string => textSignature || htmlToText(htmlSignature)

const addresses = ({ email, replyTo, bcc }: Identity): string =>
  [email, ...[...(replyTo ?? []), ...(bcc ?? [])].map((one) => `${one.name ?? ''} ${one.email}`)].join('\n')

export const identity: RecordKind<Identity> = {
  describe: (value) => ({
    ...NOTHING,
    title: value.name || value.email,
    people: [{ name: value.name || null, email: value.email }],
    preview: previewOf(signature(value)),
  }),
  words: (value) => `${value.name}\n${addresses(value)}\n${signature(value)}`,
}

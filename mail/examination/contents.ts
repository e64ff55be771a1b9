import { featuresOf } from '#mail/antispam'
import type { Finding } from '#mail/findings'

/** What the built-in checks see in a letter itself, whoever brings it. */
export interface Contents {
  findings: Finding[]
  /** Its words (`#mail/antispam`). */
  features: Uint32Array
}

/** What looks into a letter: bounded by itself, whatever the letter holds. */
type Look = (content: Buffer) => Finding[]

const LOOKS: readonly Look[] = []

export const examineContents = (content: Buffer): Contents => ({
  findings: LOOKS.flatMap((look) => look(content)),
  features: featuresOf(content),
})

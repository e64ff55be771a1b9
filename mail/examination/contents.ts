import { lookAtAttachments } from '#mail/antivirus'
import type { Finding } from '#mail/findings'

/** What the built-in checks see in a letter itself, whoever brings it. */
export interface Contents {
  findings: Finding[]
}

/** What looks into a letter: bounded by itself, whatever the letter holds. */
type Look = (content: Buffer) => Finding[]

const LOOKS: readonly Look[] = [lookAtAttachments]

export const examineContents = (content: Buffer): Contents => ({ findings: LOOKS.flatMap((look) => look(content)) })

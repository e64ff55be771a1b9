import { featuresOfMessage, lookAtForm, LOOKED_AT_BYTES } from '#mail/antispam'
import { parseMessage } from '#formats/message'
import { lookAtAttachments } from '#mail/antivirus'
import type { Finding } from '#mail/findings'

/** What the built-in checks see in a letter itself, whoever brings it. */
export interface Contents {
  findings: Finding[]
  /** Its words (`#mail/antispam`). */
  features: Uint32Array
}

/** Looks into a letter: bounded by each look itself, whatever the letter holds. */
export function examineContents(content: Buffer): Contents {
  const beginning = parseMessage(content.subarray(0, LOOKED_AT_BYTES))
  return { findings: [...lookAtAttachments(content), ...lookAtForm(beginning)], features: featuresOfMessage(beginning) }
}

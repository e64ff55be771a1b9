import type { Finding } from '../jmap/types.ts'
import { knows } from '../shell/texts.svelte.ts'
import type { TextKey } from '../../ui/texts.ts'

/** A finding with the sentence that says it. */
export interface SaidFinding extends Finding {
  key: TextKey
}

/** What the server may find and this app has no words for yet is left out. */
export const saidFindings = (findings: readonly Finding[]): SaidFinding[] =>
  findings.flatMap((finding) => {
    const key = `finding.${finding.name}`
    return knows(key) ? [{ ...finding, key }] : []
  })

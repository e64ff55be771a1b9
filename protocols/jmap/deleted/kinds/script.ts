import type { ScriptText } from '#mail/scripts'
import { NOTHING, previewOf, titleOf, type RecordKind } from './kind.ts'

/** A script that files letters. */
export const script: RecordKind<ScriptText> = {
  describe: ({ name, text }) => ({ ...NOTHING, title: titleOf(name), preview: previewOf(text) }),
  words: ({ name, text }) => `${name} ${text}`,
}

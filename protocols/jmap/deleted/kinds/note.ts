import type { Note } from '../../extras/notes.ts'
import { NOTHING, previewOf, titleOf, type RecordKind } from './kind.ts'

/** A note has no title: its first line stands for one. */
export const note: RecordKind<Note> = {
  describe({ text }) {
    const title = titleOf(text)
    return { ...NOTHING, title, preview: previewOf(text.trimStart().slice(title.length)) }
  },
  words: ({ text }) => text,
}

import { htmlToText } from '#formats/message'
import type { Template } from '../../extras/templates.ts'
import { NOTHING, previewOf, titleOf, type RecordKind } from './kind.ts'

const said = ({ subject, text, html }: Template): string => `${subject}\n${text || htmlToText(html)}`

export const template: RecordKind<Template> = {
  describe: (value) => ({ ...NOTHING, title: titleOf(value.name), preview: previewOf(said(value)) }),
  words: (value) => `${value.name}\n${said(value)}`,
}

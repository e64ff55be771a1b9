import { z } from 'zod'
import { line } from '../calls/arguments.ts'
import { recordMethods } from '../families/records.ts'

/** Characters of a template's body, once as text and once as HTML. */
const MOST_BODY = 262_144

export const TEMPLATE = 'template'

export interface Template extends Record<string, unknown> {
  name: string
  subject: string
  html: string
  text: string
}

/** Letters that are written again and again. */
export const templates = recordMethods<Template>({
  type: 'Template',
  kind: TEMPLATE,
  letter: 'P',
  isRestorable: () => true,
  schema: z.object({
    name: line(200).trim().min(1),
    subject: line(1000).default(''),
    html: z.string().max(MOST_BODY).default(''),
    text: z.string().max(MOST_BODY).default(''),
  }),
})

import { call } from '../jmap/client.svelte.ts'
import type { Email } from '../jmap/types.ts'
import { failed } from '../mail/perform.ts'
import { go } from '../shell/route.svelte.ts'
import type { Condition, Rule } from './rule.ts'

/** A rule that begins with a letter: how it begins, and what else of the letter could be asked. */
export interface Begun {
  rule: Rule
  more: Condition[]
}

export const newRule = (conditions: Condition[]): Rule => ({
  name: '',
  isOn: true,
  match: 'all',
  conditions,
  actions: [],
  stops: true,
})

let begun: Begun | undefined

/** What the page of rules is to open with, once. */
export function takeBegun(): Begun | undefined {
  const taken = begun
  begun = undefined
  return taken
}

/** Opens the page of rules with one for letters like this: of the same list, else from the same sender. */
export async function beginRule({ id, from, subject }: Email): Promise<void> {
  try {
    const conditions = conditionsOf(from?.[0]?.email, subject, await listOf(id))
    begun = { rule: newRule(conditions.slice(0, 1)), more: conditions.slice(1) }
    go({ page: 'settings', section: 'rules' })
  } catch (error) {
    failed(error)
  }
}

const asked = (field: Condition['field'], how: Condition['how'], value: string): Condition => ({
  field,
  how,
  isNot: false,
  name: '',
  value,
})

function conditionsOf(sender: string | undefined, subject: string | null, list: string | undefined): Condition[] {
  return [
    ...(list === undefined ? [] : [asked('list', 'contains', list)]),
    ...(sender ? [asked('from', 'is', sender)] : []),
    ...(subject ? [asked('subject', 'contains', subject)] : []),
  ]
}

/** The id of its list, without what it is called beside it. RFC 2919 §3. */
async function listOf(id: string): Promise<string | undefined> {
  const { list } = await call('Email/get', { ids: [id], properties: ['header:List-Id:asText'] })
  const [letter] = list as unknown as { 'header:List-Id:asText'?: string | null }[]
  const text = letter?.['header:List-Id:asText']
  return (text && /<([^<>]+)>/.exec(text)?.[1]) || undefined
}

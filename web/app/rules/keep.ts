import { activeScript, keepScript, loadScripts, ownScript, rulesName } from '../data/scripts.svelte.ts'
import { failedWith } from '../jmap/failure.ts'
import type { Rule } from './rule.ts'
import { readScript } from './read.ts'
import { quote, writeRule, writeScript, type Part, type RuleSet } from './write.ts'

/** The rules as the script has them; undefined where somebody has made of it what cannot be divided into rules. */
export function ruleSet(): RuleSet | undefined {
  const own = ownScript()
  return own ? readScript(own.text) : { parts: [], requires: [] }
}

const textOf = (part: Part): string => ('rule' in part ? writeRule(part.rule) : part.text)

/**
 * Keeps what `edit` makes of the rules. When the script has changed meanwhile, the edit is done to what it is now. The first
 * rule is in force at once, unless another script is.
 * @throws Failure
 */
export async function keepRules(edit: (set: RuleSet) => RuleSet): Promise<void> {
  try {
    await keep(edit)
  } catch (error) {
    if (!failedWith(error, 'stateMismatch')) throw error
    await loadScripts()
    await keep(edit)
  }
}

async function keep(edit: (set: RuleSet) => RuleSet): Promise<void> {
  const set = ruleSet()
  if (!set) return
  const text = writeScript(edit(set))
  const own = ownScript()
  if (own) await keepScript({ id: own.id, text })
  else await keepScript({ name: rulesName, text, ...(activeScript() ? {} : { isActive: true }) })
}

/** Where a part stands now that stood at `at` when it was looked at. */
function find({ parts }: RuleSet, part: Part, at: number): number {
  const text = textOf(part)
  const isIt = (one: Part | undefined): boolean => one !== undefined && textOf(one) === text
  return isIt(parts[at]) ? at : parts.findIndex(isIt)
}

export interface Standing {
  part: Part
  at: number
}

/** With a rule in place of a part, or at the end where there is none any more. */
export const withRule =
  (rule: Rule, instead: Standing | undefined) =>
  (set: RuleSet): RuleSet => {
    const at = instead ? find(set, instead.part, instead.at) : -1
    const parts = at === -1 ? [...set.parts, { rule }] : set.parts.with(at, { rule })
    return { ...set, parts }
  }

export const without =
  ({ part, at }: Standing) =>
  (set: RuleSet): RuleSet => {
    const found = find(set, part, at)
    return { ...set, parts: set.parts.filter((_, index) => index !== found) }
  }

/** With a part put back to where it was. */
export const withPart =
  ({ part, at }: Standing) =>
  (set: RuleSet): RuleSet => ({ ...set, parts: set.parts.toSpliced(at, 0, part) })

/** With a part at another place; beyond the ends it stays at them. */
export const moved =
  ({ part, at }: Standing, to: number) =>
  (set: RuleSet): RuleSet => {
    const found = find(set, part, at)
    if (found === -1) return set
    return { ...set, parts: set.parts.toSpliced(found, 1).toSpliced(to, 0, part) }
  }

/** What takes another script in (RFC 6609 §3.2). */
export const includeLine = (name: string): string => `include :personal ${quote(name)};`

export const withInclude =
  (name: string) =>
  ({ parts, requires }: RuleSet): RuleSet => ({
    parts: [...parts, { text: includeLine(name) }],
    requires: [...new Set([...requires, 'include'])],
  })

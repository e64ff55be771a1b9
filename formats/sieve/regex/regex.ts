import { parsePattern, RegexError } from './pattern.ts'
import { compileProgram, type Instruction } from './program.ts'

export interface Regex {
  /** Instructions of its program. */
  size: number
  /**
   * Looks for it in a text: of all matches the first, of those the longest (POSIX.1 §9.1); groups take what a search from left to
   * right, that repeats as often as it can, finds first. Takes time by text and program, whatever the pattern.
   * @returns the match and its groups, empty where one had no part in it; undefined when there is none
   * @throws RegexError when text and program together would take too long
   */
  match(text: string): string[] | undefined
}

/** Instructions of one match: about a second. */
const MOST_STEPS = 20_000_000

/** Positions in the text by slot; -1 where there is none. Never changed once made. */
type Slots = readonly number[]

interface Thread {
  at: number
  slots: Slots
}

/** @throws RegexError when it is malformed or too big */
export function compileRegex(pattern: string, isCaseless: boolean): Regex {
  const parsed = parsePattern(pattern, isCaseless)
  const program = compileProgram(parsed.pattern)
  const noSlots: Slots = Array.from({ length: 2 * (parsed.groups + 1) }, () => -1)
  return {
    size: program.length,
    match(text) {
      const found = run(program, text, noSlots)
      if (found === undefined) return undefined
      return Array.from({ length: parsed.groups + 1 }, (_, group) =>
        found[2 * group + 1] === -1 ? '' : text.slice(found[2 * group], found[2 * group + 1]),
      )
    },
  }
}

/** Pike's machine: all threads go through the text side by side, and of those at the same instruction only the first goes on. */
function run(program: readonly Instruction[], text: string, noSlots: Slots): Slots | undefined {
  const visitedAt = new Int32Array(program.length).fill(-1)
  let threads: Thread[] = []
  let best: Slots | undefined
  let steps = 0

  /** Follows what needs no character, in the order of preference. */
  const follow = (into: Thread[], from: Thread, position: number): void => {
    const waiting = [from]
    for (let thread = waiting.pop(); thread !== undefined; thread = waiting.pop()) {
      const { at, slots } = thread
      if (visitedAt[at] === position) continue
      visitedAt[at] = position
      if (++steps > MOST_STEPS) throw new RegexError('it takes too long with this text')
      const instruction = program[at]!
      if (instruction.kind === 'jump') waiting.push({ at: instruction.to, slots })
      else if (instruction.kind === 'split')
        waiting.push({ at: instruction.second, slots }, { at: instruction.first, slots })
      else if (instruction.kind === 'save') waiting.push({ at: at + 1, slots: slots.with(instruction.slot, position) })
      else if (instruction.kind === 'begin' || instruction.kind === 'end') {
        if (position === (instruction.kind === 'begin' ? 0 : text.length)) waiting.push({ at: at + 1, slots })
      } else if (instruction.kind === 'character') into.push(thread)
      else if (isBetter(slots, best)) best = slots
    }
  }

  for (let position = 0; ;) {
    // Later beginnings come last, and none once something was found.
    if (best === undefined) follow(threads, { at: 0, slots: noSlots }, position)
    const code = text.codePointAt(position)
    if (code === undefined) return best
    position += code > 0xffff ? 2 : 1
    const next: Thread[] = []
    for (const thread of threads) {
      if (best !== undefined && thread.slots[0]! > best[0]!) continue
      if (++steps > MOST_STEPS) throw new RegexError('it takes too long with this text')
      const instruction = program[thread.at]!
      if (instruction.kind === 'character' && instruction.test(code))
        follow(next, { at: thread.at + 1, slots: thread.slots }, position)
    }
    threads = next
    if (threads.length === 0 && best !== undefined) return best
  }
}

function isBetter(slots: Slots, best: Slots | undefined): boolean {
  if (best === undefined || slots[0]! < best[0]!) return true
  return slots[0] === best[0] && slots[1]! > best[1]!
}

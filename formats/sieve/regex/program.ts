import { RegexError, type CharacterTest, type Pattern } from './pattern.ts'

/** Instructions of Thompson's machine: what comes first in `split` is preferred. */
export type Instruction =
  | { kind: 'character'; test: CharacterTest }
  | { kind: 'begin' | 'end' | 'match' }
  | { kind: 'split'; first: number; second: number }
  | { kind: 'jump'; to: number }
  /** Remembers the position: of group n the begin in 2n, the end in 2n + 1. */
  | { kind: 'save'; slot: number }

const LONGEST_PROGRAM = 2000

/** @throws RegexError when it would be too big */
export function compileProgram(pattern: Pattern): Instruction[] {
  const program: Instruction[] = []

  const add = (instruction: Instruction): number => {
    if (program.length >= LONGEST_PROGRAM) throw new RegexError('it is too big')
    return program.push(instruction) - 1
  }

  const addSplit = (): { kind: 'split'; first: number; second: number } => {
    const split = { kind: 'split' as const, first: 0, second: 0 }
    split.first = add(split) + 1
    return split
  }

  const compile = (pattern: Pattern): void => {
    if (pattern.kind === 'sequence') for (const part of pattern.parts) compile(part)
    else if (pattern.kind === 'choice') compileChoice(pattern.parts)
    else if (pattern.kind === 'repeat') compileRepeat(pattern.part, pattern.least, pattern.most)
    else if (pattern.kind === 'group') {
      add({ kind: 'save', slot: 2 * pattern.number })
      compile(pattern.part)
      add({ kind: 'save', slot: 2 * pattern.number + 1 })
    } else add(pattern)
  }

  const compileChoice = (parts: Pattern[]): void => {
    const jumps: { kind: 'jump'; to: number }[] = []
    for (const [index, part] of parts.entries()) {
      const split = index < parts.length - 1 ? addSplit() : undefined
      compile(part)
      if (split === undefined) continue
      const jump = { kind: 'jump' as const, to: 0 }
      add(jump)
      jumps.push(jump)
      split.second = program.length
    }
    for (const jump of jumps) jump.to = program.length
  }

  const compileRepeat = (part: Pattern, least: number, most: number): void => {
    for (let count = 0; count < least; count++) {
      const before = program.length
      compile(part)
      // Nothing, as often as one likes, is nothing: else such repetitions within one another would take forever to write down.
      if (program.length === before) return
    }
    if (most === Infinity) {
      const split = addSplit()
      compile(part)
      add({ kind: 'jump', to: split.first - 1 })
      split.second = program.length
      return
    }
    const splits = []
    for (let count = least; count < most; count++) {
      splits.push(addSplit())
      compile(part)
    }
    for (const split of splits) split.second = program.length
  }

  add({ kind: 'save', slot: 0 })
  compile(pattern)
  add({ kind: 'save', slot: 1 })
  add({ kind: 'match' })
  return program
}

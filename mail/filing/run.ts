import type { Command, Script, Test } from '#formats/sieve'
import { COMMANDS } from './commands.ts'
import { Fault } from './fault.ts'
import { editsOf } from './letter.ts'
import type { Outcome, Situation } from './situation.ts'
import { limit, openRun, openScope, timed, traceTest, type Run } from './state.ts'
import { TESTS } from './tests.ts'
import { string } from './variables.ts'

/** What comes after a command: the next one, the end of this script, or the end of all. */
type Flow = 'next' | 'return' | 'stop'

/**
 * What a script makes of one letter. Nothing is done: the actions are for the caller. Never throws for what the script or the letter
 * holds: a fault ends the script, keeps the letter (RFC 5228 §2.10.6) and is told with its place; what the script wanted done before
 * is not done, so that nobody has half of it. Throws what the caller's own functions throw.
 */
export async function runScript(script: Script, situation: Situation): Promise<Outcome> {
  const run = openRun(script, situation)
  try {
    await runBlock(run, script.commands)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return faulty(run, error)
  }
  const { actions, letter, remember, trace } = run
  const edits = editsOf(letter)
  if (run.isKept) actions.push({ kind: 'keep', isImplicit: true, flags: run.flags, edits })
  return { actions, edits, remember, trace }
}

function faulty({ trace }: Run, { reason, place, script, text }: Fault): Outcome {
  return {
    actions: [{ kind: 'keep', isImplicit: true, flags: [], edits: [] }],
    edits: [],
    remember: [],
    trace,
    fault: {
      reason,
      place: place ?? { line: 1, column: 1 },
      ...(script === undefined ? {} : { script }),
      ...(text === undefined ? {} : { text }),
    },
  }
}

async function runBlock(run: Run, commands: readonly Command[]): Promise<Flow> {
  // Whether a branch of the `if` at hand was taken. RFC 5228 §3.1.
  let isTaken = false
  for (const command of commands) {
    const { name, test, block } = command
    if (name === 'if') isTaken = false
    if (name === 'if' || name === 'elsif' || name === 'else') {
      if (isTaken || !(test === undefined || (await evaluate(run, test)))) continue
      isTaken = true
      const flow = await runBlock(run, block)
      if (flow !== 'next') return flow
    } else {
      const flow = await runCommand(run, command)
      if (flow !== 'next') return flow
    }
  }
  return 'next'
}

async function runCommand(run: Run, command: Command): Promise<Flow> {
  const { name } = command
  if (name === 'stop' || name === 'return') return name
  try {
    if (name === 'include') return await include(run, command)
    const execute = known(COMMANDS, name)
    await timed(run, () => execute(run, command))
    return 'next'
  } catch (error) {
    throw placed(run, error, command)
  }
}

async function evaluate(run: Run, test: Test): Promise<boolean> {
  const isTrue = await holds(run, test)
  traceTest(run, test.place, test.name, isTrue)
  return isTrue
}

/** Tests that are not needed are not asked: match variables are those of the last that was. RFC 5228 §5.2, RFC 5229 §3.2. */
async function holds(run: Run, test: Test): Promise<boolean> {
  const { name, tests } = test
  if (name === 'anyof' || name === 'allof') {
    const ends = name === 'anyof'
    for (const one of tests) if ((await evaluate(run, one)) === ends) return ends
    return !ends
  }
  if (name === 'not') return !(await evaluate(run, tests[0] as Test))
  try {
    const evaluateOne = known(TESTS, name)
    return await timed(run, () => evaluateOne(run, test.tags, test.args))
  } catch (error) {
    throw placed(run, error, test)
  }
}

/** @throws Fault for a name that is not in the table */
function known<T>(table: ReadonlyMap<string, T>, name: string): T {
  const found = table.get(name)
  if (found === undefined) throw new Fault('unknown')
  return found
}

/** RFC 6609 §3.2. */
async function include(run: Run, { tags, args }: Command): Promise<Flow> {
  const name = string(run, args[0])
  const location = tags.location === 'global' ? 'global' : 'personal'
  const key = `${location}/${name}`
  if (tags.once === true && run.included.has(key)) return 'next'
  limit(run, 'includes', ++run.includes)
  limit(run, 'includeDepth', run.scope.depth + 1)
  const outer = run.scope
  for (let scope: Run['scope'] | undefined = outer; scope !== undefined; scope = scope.outer)
    if (scope.name === key) throw new Fault('includeCircle')
  const script = await run.situation.include(location, name)
  if (script === undefined) {
    if (tags.optional === true) return 'next'
    throw new Fault('includeMissing')
  }
  run.included.add(key)
  run.scope = openScope(script, key, outer)
  const flow = await runBlock(run, script.commands)
  run.scope = outer
  return flow === 'stop' ? 'stop' : 'next'
}

/** A fault with where it was; the innermost place counts. */
function placed(run: Run, error: unknown, { place }: Command | Test): unknown {
  if (error instanceof Fault && error.place === undefined) {
    error.place = place
    error.script = run.scope.name
  }
  return error
}

import { command } from '../command.ts'
import type { Input } from '../input/input.ts'
import { ok, type Completion } from '../reply.ts'
import { answer } from '../search/answer.ts'
import { findPlaces } from '../search/evaluate.ts'
import { progressOf } from '../search/progress.ts'
import { readProgram, type Program } from '../search/read-program.ts'
import { readReturnOptions, type ReturnOptions } from '../search/return-options.ts'
import { readCriteria, sorted, type Criterion } from '../search/sort-order.ts'
import type { Session } from '../session.ts'

interface Args {
  options: ReturnOptions | undefined
  criteria: Criterion[]
  program: Program
}

/**
 * `sort = ["UID" SP] "SORT" [search-return-opts] SP sort-criteria SP charset 1*(SP search-key)`. RFC 5256 §5, and RFC 5267
 * §3 for what is to be returned.
 */
function parse(input: Input, session: Session): Args {
  input.space()
  const options = readReturnOptions(input)
  const criteria = readCriteria(input)
  input.space()
  const charset = input.astring()
  input.space()
  const program = readProgram(input, session, charset)
  input.end()
  return { options, criteria, program }
}

async function sort(session: Session, { options, criteria, program }: Args, byUid: boolean): Promise<Completion> {
  const { account, mailbox } = session
  const progress = progressOf(session)
  await answer(session, { name: 'SORT', options, program, byUid }, async () => {
    const { rows, places } = await findPlaces(account, mailbox, program, progress)
    return { rows, places: await sorted(places, criteria, { account, view: mailbox.view, rows, progress }) }
  })
  return ok('SORT completed')
}

export const sortNumbers = command({
  name: 'SORT',
  states: ['selected'],
  keepsNumbers: true,
  parse,
  run: (session, args) => sort(session, args, false),
})

export const sortUids = command({
  name: 'UID SORT',
  states: ['selected'],
  parse,
  run: (session, args) => sort(session, args, true),
})

import { command } from '../command.ts'
import type { Input } from '../input/input.ts'
import { ok, type Completion } from '../reply.ts'
import { answer } from '../search/answer.ts'
import { findPlaces } from '../search/evaluate.ts'
import { progressOf } from '../search/progress.ts'
import { readProgram, type Program } from '../search/read-program.ts'
import { readReturnOptions, type ReturnOptions } from '../search/return-options.ts'
import type { Session } from '../session.ts'

interface Args {
  options: ReturnOptions | undefined
  program: Program
}

/** `search = "SEARCH" [search-return-opts] SP search-program`. RFC 9051 §9. */
function parse(input: Input, session: Session): Args {
  input.space()
  const options = readReturnOptions(input)
  const program = readProgram(input, session)
  input.end()
  return { options, program }
}

/** RFC 9051 §6.4.4. To who has not enabled IMAP4rev2 it answers as RFC 3501 §7.2.5 has it, unless something is to be returned. */
async function search(session: Session, { options, program }: Args, byUid: boolean): Promise<Completion> {
  const { account, mailbox } = session
  await answer(session, { name: 'SEARCH', options, program, byUid }, () =>
    findPlaces(account, mailbox, program, progressOf(session)),
  )
  return ok('SEARCH completed')
}

export const searchNumbers = command({
  name: 'SEARCH',
  states: ['selected'],
  keepsNumbers: true,
  parse,
  run: (session, args) => search(session, args, false),
})

export const searchUids = command({
  name: 'UID SEARCH',
  states: ['selected'],
  parse,
  run: (session, args) => search(session, args, true),
})

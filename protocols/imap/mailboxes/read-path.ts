import type { Input } from '../input/input.ts'
import type { Session } from '../session.ts'
import { normalPath } from './paths.ts'

/** SP mailbox: its path. @throws BadCommand */
export function readPath(input: Input, session: Session): string {
  input.space()
  return normalPath(input.mailbox(), session.utf8)
}

/** What a command about one mailbox accepts. @throws BadCommand */
export function onlyPath(input: Input, session: Session): { path: string } {
  const path = readPath(input, session)
  input.end()
  return { path }
}

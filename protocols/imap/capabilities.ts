import { maxMessageBytes } from './dialogue.ts'
import type { Session } from './session.ts'

/** What is announced to everyone. */
const BEFORE = ['IMAP4rev1', 'IMAP4rev2', 'SASL-IR', 'LITERAL+', 'ID', 'ENABLE']

/** What is announced to who has signed in. A name stands here once its commands do. */
const AFTER = ['IDLE', 'NAMESPACE', 'UNSELECT', 'UIDPLUS', 'MOVE', 'CHILDREN', 'CONDSTORE', 'UTF8=ACCEPT']

/** The same: what brings and takes messages, and what programs catch up by. */
const MOVING = ['MULTIAPPEND', 'CATENATE', 'BINARY', 'REPLACE', 'QRESYNC', 'UIDONLY']

/** capability-data. RFC 9051 §7.2.2. */
export function capabilities(session: Session): string {
  const { connection } = session
  if (session.state !== 'notAuthenticated')
    return [...BEFORE, ...AFTER, ...MOVING, `APPENDLIMIT=${maxMessageBytes(session.context)}`].join(' ')
  const tls = connection.isSecure ? [] : ['STARTTLS']
  const signIn = connection.isSecure || session.mayBeClear ? ['AUTH=PLAIN', 'AUTH=LOGIN'] : ['LOGINDISABLED']
  return [...BEFORE, ...tls, ...signIn].join(' ')
}

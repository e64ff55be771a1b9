import { MECHANISMS } from '#protocols/sasl'
import { maxMessageBytes } from './dialogue.ts'
import type { Session } from './session.ts'

/** What is announced to everyone. */
const BEFORE = ['IMAP4rev1', 'IMAP4rev2', 'SASL-IR', 'LITERAL+', 'ID', 'ENABLE']

/** Finding and ordering. */
const FINDING = [
  'ESEARCH',
  'SEARCHRES',
  'WITHIN',
  'PARTIAL',
  'SAVEDATE',
  'INPROGRESS',
  'SORT',
  'SORT=DISPLAY',
  'ESORT',
  'THREAD=ORDEREDSUBJECT',
  'THREAD=REFERENCES',
]

/** What is announced to who has signed in. A name stands here once its commands do. */
const AFTER = [
  'IDLE',
  'NAMESPACE',
  'UNSELECT',
  'UIDPLUS',
  'MOVE',
  'CHILDREN',
  'CONDSTORE',
  'UTF8=ACCEPT',
  'PREVIEW',
  'BINARY',
  'OBJECTID',
  'NOTIFY',
  ...FINDING,
]

/** What is announced about mailboxes: lists, status, rights, quota. */
const MAILBOXES = [
  'LIST-EXTENDED LIST-STATUS LIST-MYRIGHTS SPECIAL-USE CREATE-SPECIAL-USE STATUS=SIZE',
  // RFC 4314 §2.2: the rights that RFC 2086 does not know.
  'ACL RIGHTS=kxte',
  'METADATA LIST-METADATA',
  'QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE',
]

/** The same: what brings and takes messages, and what programs catch up by. */
const MOVING = ['MULTIAPPEND', 'CATENATE', 'REPLACE', 'QRESYNC', 'UIDONLY']

/** capability-data. RFC 9051 §7.2.2. */
export function capabilities(session: Session): string {
  const { connection } = session
  if (session.state !== 'notAuthenticated')
    return [
      ...BEFORE,
      ...AFTER,
      ...MAILBOXES,
      ...MOVING,
      ...(session.isCompressed ? [] : ['COMPRESS=DEFLATE']),
      `APPENDLIMIT=${maxMessageBytes(session.context)}`,
    ].join(' ')
  const tls = connection.isSecure ? [] : ['STARTTLS']
  const signIn =
    connection.isSecure || session.mayBeClear ? [...MECHANISMS.keys()].map((name) => `AUTH=${name}`) : ['LOGINDISABLED']
  return [...BEFORE, ...tls, ...signIn].join(' ')
}

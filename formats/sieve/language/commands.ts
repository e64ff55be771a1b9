import {
  address,
  addresses,
  count,
  flags,
  fromOne,
  globalNames,
  importance,
  keys,
  kind,
  mailbox,
  method,
  options,
  redirectAddress,
  scriptName,
  seconds,
  specialUse,
  text,
  variableName,
  writtenHeaderName,
} from './kinds.ts'
import { matching } from './matching.ts'
import type { Row, Table, TagRow } from './row.ts'

/** RFC 3894 §3. */
const copy: Readonly<Record<string, TagRow>> = { copy: { needs: 'copy' } }
/** RFC 5232 §5. */
const flagged: Readonly<Record<string, TagRow>> = { flags: { needs: 'imap4flags', value: flags } }

const location = { group: 'location', isChoice: true } as const
const interval = { group: 'interval' } as const
const place = { group: 'place' } as const
const letters = { group: 'letters' } as const
const first = { group: 'first' } as const
const quoting = { group: 'quoting' } as const

const flagging: Row = {
  needs: ['imap4flags'],
  optional: { ...variableName, needs: 'variables' },
  args: [flags],
}

/** Of every action and control what it takes. The RFC of each stands beside it. */
export const commands: Table = {
  // RFC 5228 §3.
  require: { args: [{ ...kind('strings', 'names of extensions'), isConstant: true }] },
  if: { tests: 'one', hasBlock: true },
  elsif: { tests: 'one', hasBlock: true, after: ['if', 'elsif'] },
  else: { hasBlock: true, after: ['if', 'elsif'] },
  stop: {},
  // RFC 5228 §4.
  discard: {},
  keep: { tags: flagged },
  redirect: { tags: { ...copy, list: { needs: 'extlists' } }, args: [redirectAddress] },
  fileinto: {
    needs: ['fileinto'],
    tags: {
      ...copy,
      ...flagged,
      // RFC 5490 §3.2.
      create: { needs: 'mailbox' },
      // RFC 8579 §4, RFC 9042 §4.2: which mailbox it is can be said in one of these ways only.
      specialuse: { ...place, needs: 'special-use', value: specialUse },
      mailboxid: { ...place, needs: 'mailboxid', value: kind('string', 'the id of a mailbox') },
    },
    args: [mailbox],
  },

  // RFC 5232 §3.
  setflag: flagging,
  addflag: flagging,
  removeflag: flagging,
  // RFC 5229 §4. Modifiers of the same precedence exclude each other (§4.1; RFC 5435 §6, draft-ietf-sieve-regex §7.2).
  set: {
    needs: ['variables'],
    tags: {
      lower: letters,
      upper: letters,
      lowerfirst: first,
      upperfirst: first,
      quotewildcard: quoting,
      quoteregex: { ...quoting, needs: 'regex' },
      encodeurl: { needs: 'enotify' },
      length: {},
    },
    args: [variableName, text],
  },
  // RFC 5230 §4, RFC 6131 §2. Too few days, or too many, are as many as the server allows, and no error.
  vacation: {
    needs: ['vacation'],
    tags: {
      days: { ...interval, value: count },
      seconds: { ...interval, needs: 'vacation-seconds', value: seconds },
      subject: { value: text },
      from: { value: address },
      addresses: { value: addresses },
      mime: {},
      handle: { value: text },
    },
    args: [text],
  },
  // RFC 5429 §2.
  reject: { needs: ['reject'], args: [text] },
  ereject: { needs: ['ereject'], args: [text] },
  // RFC 5435 §3.
  notify: {
    needs: ['enotify'],
    tags: {
      from: { value: address },
      importance: { value: importance },
      options: { value: options },
      message: { value: text },
    },
    args: [method],
  },
  // RFC 5293 §4, §5.
  addheader: { needs: ['editheader'], tags: { last: {} }, args: [writtenHeaderName, text] },
  deleteheader: {
    ...matching({ index: { value: fromOne }, last: { with: 'index' } }),
    needs: ['editheader'],
    args: [writtenHeaderName],
    trailing: keys,
  },
  // RFC 6609 §3.
  include: {
    needs: ['include'],
    tags: { personal: location, global: location, once: {}, optional: {} },
    defaults: { location: 'personal' },
    args: [scriptName],
  },
  return: { needs: ['include'] },
  global: { needs: ['include', 'variables'], args: [globalNames] },
  // RFC 5463 §5.
  error: { needs: ['ihave'], args: [text] },
}

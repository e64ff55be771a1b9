import { isAddressField } from '../addresses.ts'
import {
  contentTypes,
  count,
  datePart,
  envelopeParts,
  flags,
  headerName,
  headerNames,
  isHeaderName,
  keys,
  kind,
  mailbox,
  mailboxes,
  size,
  specialUses,
  text,
  variableNames,
  zone,
} from './kinds.ts'
import { addressPartTags, indexTags, listTags, matching } from './matching.ts'
import type { Table, TagRow } from './row.ts'

const zoneTags: Readonly<Record<string, TagRow>> = {
  zone: { value: zone, group: 'zone' },
  originalzone: { group: 'zone' },
}

const transform = { group: 'transform' } as const
const identifier = { group: 'identifier' } as const
const bound = { group: 'bound' } as const

/** What is no name of a header field at all is no error (RFC 5228 §2.4.2.2). */
const addressFields = kind('strings', 'names of header fields', (value) =>
  isAddressField(value) || !isHeaderName(value) ? undefined : 'This header field holds no addresses.',
)

const extensionNames = { ...kind('strings', 'names of extensions'), isConstant: true } as const

/** Of every test what it takes. The RFC of each stands beside it. */
export const tests: Table = {
  // RFC 5228 §5.
  address: {
    ...matching({ ...addressPartTags, ...indexTags, ...listTags }),
    defaults: { ...matching().defaults, addressPart: 'all' },
    args: [addressFields, keys],
  },
  allof: { tests: 'list' },
  anyof: { tests: 'list' },
  envelope: {
    ...matching({ ...addressPartTags, ...listTags }),
    needs: ['envelope'],
    defaults: { ...matching().defaults, addressPart: 'all' },
    args: [envelopeParts, keys],
  },
  exists: { args: [headerNames] },
  false: {},
  header: { ...matching({ ...indexTags, ...listTags }), args: [headerNames, keys] },
  not: { tests: 'one' },
  size: {
    tags: { over: bound, under: bound },
    refuse: ({ over, under }) =>
      over === undefined && under === undefined ? 'The test “size” needs “:over” or “:under”.' : undefined,
    args: [size],
  },
  true: {},

  // RFC 5173 §4.
  body: {
    ...matching({ raw: transform, text: transform, content: { ...transform, value: contentTypes } }),
    needs: ['body'],
    otherwise: { transform: 'text' },
    args: [keys],
  },
  // RFC 5232 §4.
  hasflag: {
    ...matching(),
    needs: ['imap4flags'],
    optional: { ...variableNames, needs: 'variables' },
    args: [flags],
  },
  // RFC 5229 §5.
  string: { ...matching(listTags), needs: ['variables'], args: [kind('strings', 'texts'), keys] },
  // RFC 5260 §4, §5.
  date: {
    ...matching({ ...zoneTags, ...indexTags, ...listTags }),
    needs: ['date'],
    args: [headerName, datePart, keys],
  },
  currentdate: { ...matching({ zone: zoneTags['zone']!, ...listTags }), needs: ['date'], args: [datePart, keys] },
  // RFC 7352 §3.
  duplicate: {
    needs: ['duplicate'],
    tags: {
      handle: { value: text },
      header: { ...identifier, value: headerName },
      uniqueid: { ...identifier, value: text },
      seconds: { value: count },
      last: {},
    },
  },
  // RFC 5490 §3.
  mailboxexists: { needs: ['mailbox'], args: [mailboxes] },
  // RFC 9042 §6.
  mailboxidexists: { needs: ['mailboxid'], args: [kind('strings', 'ids of mailboxes')] },
  // RFC 8579 §3.
  specialuse_exists: { needs: ['special-use'], optional: mailbox, args: [specialUses] },
  // RFC 5183 §4.
  environment: { ...matching(), needs: ['environment'], args: [kind('string', 'the name of an item'), keys] },
  // RFC 5435 §4, §5.
  valid_notify_method: { needs: ['enotify'], args: [kind('strings', 'how to notify')] },
  notify_method_capability: {
    ...matching(),
    needs: ['enotify'],
    args: [kind('string', 'how to notify'), kind('string', 'the name of a capability'), keys],
  },
  // RFC 6134 §2.7.
  valid_ext_list: { needs: ['extlists'], args: [kind('strings', 'names of lists')] },
  // RFC 5235 §3.2, §3.3.
  spamtest: {
    ...matching({ percent: { needs: 'spamtestplus' } }),
    needs: ['spamtest'],
    args: [kind('string', 'a value')],
  },
  virustest: { ...matching(), needs: ['virustest'], args: [kind('string', 'a value')] },
  // RFC 5463 §4.
  ihave: { needs: ['ihave'], args: [extensionNames] },
}

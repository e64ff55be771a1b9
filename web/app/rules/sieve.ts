import type { Action, Condition } from './rule.ts'

/**
 * What a condition or an action is called in Sieve, for writing and for reading alike. `$` and a word stand for a string that
 * differs from rule to rule; `$size` for a number.
 */
export interface Row<Of> {
  sieve: string
  /** Extensions that it needs. */
  needs: readonly string[]
  /** What differs, or undefined when it is another row's. */
  take(of: Of): Holes | undefined
  make(holes: Holes): Of
}

export type Holes = Readonly<Record<string, string>>

type Asked = Pick<Condition, 'field' | 'how'>

/** A row for conditions whose holes are their name and their value. */
const test = ({ field, how }: Asked, sieve: string, ...needs: string[]): Row<Condition> => ({
  sieve,
  needs,
  take: (of) => (of.field === field && of.how === how ? { name: of.name, value: of.value, size: of.value } : undefined),
  make: ({ name = '', value, size }) => ({ field, how, isNot: false, name, value: value ?? size ?? '' }),
})

const mine = { field: 'mine', how: 'is' } as const
const hasDetail = (address: string): boolean => /\+.*@/.test(address)

/** Tests (RFC 5228 §5), those of named fields before those of any. */
export const tests: readonly Row<Condition>[] = [
  test({ field: 'from', how: 'contains' }, 'header :contains "From" $value'),
  test({ field: 'from', how: 'is' }, 'address :is "From" $value'),
  test({ field: 'from', how: 'domain' }, 'address :domain :is "From" $value'),
  test({ field: 'to', how: 'contains' }, 'header :contains ["To", "Cc"] $value'),
  test({ field: 'to', how: 'is' }, 'address :is ["To", "Cc"] $value'),
  test({ field: 'to', how: 'domain' }, 'address :domain :is ["To", "Cc"] $value'),
  // An address of one's own stands for those with a detail behind "+" as well (RFC 5233); one with a detail for itself.
  {
    sieve: 'envelope :is "to" $value',
    needs: ['envelope'],
    take: (of) => (of.field === 'mine' && hasDetail(of.value) ? { value: of.value } : undefined),
    make: ({ value = '' }) => ({ ...mine, isNot: false, name: '', value }),
  },
  {
    sieve: 'envelope :matches "to" [$value, $detailed]',
    needs: ['envelope'],
    take: (of) =>
      of.field === 'mine' && !hasDetail(of.value)
        ? { value: of.value, detailed: of.value.replace('@', '+*@') }
        : undefined,
    make: ({ value = '' }) => ({ ...mine, isNot: false, name: '', value }),
  },
  test({ field: 'subject', how: 'contains' }, 'header :contains "Subject" $value'),
  test({ field: 'subject', how: 'is' }, 'header :is "Subject" $value'),
  test({ field: 'list', how: 'contains' }, 'header :contains "List-Id" $value'),
  test({ field: 'list', how: 'exists' }, 'exists "List-Id"'),
  test({ field: 'text', how: 'contains' }, 'body :text :contains $value', 'body'),
  test({ field: 'size', how: 'over' }, 'size :over $size'),
  test({ field: 'size', how: 'under' }, 'size :under $size'),
  // RFC 6134 §2.5: the account's own address book.
  test({ field: 'known', how: 'exists' }, 'address :list "From" ":addrbook:default"', 'extlists'),
  test({ field: 'header', how: 'contains' }, 'header :contains $name $value'),
  test({ field: 'header', how: 'is' }, 'header :is $name $value'),
  test({ field: 'header', how: 'exists' }, 'exists $name'),
]

/** The list of external lists (RFC 6134 §2.4) that `known` asks. */
export const addressBook = 'urn:ietf:params:sieve:addrbook:default'

const act = (kind: 'read' | 'star' | 'trash', sieve: string, ...needs: string[]): Row<Action> => ({
  sieve,
  needs,
  take: (of) => (of.kind === kind ? {} : undefined),
  make: () => ({ kind }),
})

const forward = (isKept: boolean, sieve: string, ...needs: string[]): Row<Action> => ({
  sieve,
  needs,
  take: (of) => (of.kind === 'forward' && of.isKept === isKept ? { address: of.address } : undefined),
  make: ({ address = '' }) => ({ kind: 'forward', address, isKept }),
})

/** Actions: RFC 5228 §4, RFC 5232 §3 (marks), RFC 3894 (copies), RFC 5429 §2.1 (refusing). */
export const actions: readonly Row<Action>[] = [
  act('read', String.raw`addflag "\\Seen";`, 'imap4flags'),
  act('star', String.raw`addflag "\\Flagged";`, 'imap4flags'),
  {
    sieve: 'addflag $keyword;',
    needs: ['imap4flags'],
    take: (of) => (of.kind === 'label' ? { keyword: of.keyword } : undefined),
    make: ({ keyword = '' }) => ({ kind: 'label', keyword }),
  },
  forward(true, 'redirect :copy $address;', 'copy'),
  forward(false, 'redirect $address;'),
  // RFC 8579 §4: wherever the trash is. It comes back from there, which what is discarded does not.
  act('trash', String.raw`fileinto :specialuse "\\Trash" :create "Trash";`, 'fileinto', 'mailbox', 'special-use'),
  // RFC 9042 §4: by its id, else by its name; made when there is neither.
  {
    sieve: 'fileinto :mailboxid $id :create $path;',
    needs: ['fileinto', 'mailbox', 'mailboxid'],
    take: (of) => (of.kind === 'folder' && of.id !== undefined ? { id: of.id, path: of.path } : undefined),
    make: ({ id = '', path = '' }) => ({ kind: 'folder', id, path }),
  },
  {
    sieve: 'fileinto :create $path;',
    needs: ['fileinto', 'mailbox'],
    take: (of) => (of.kind === 'folder' && of.id === undefined ? { path: of.path } : undefined),
    make: ({ path = '' }) => ({ kind: 'folder', id: undefined, path }),
  },
  {
    sieve: 'ereject $words;',
    needs: ['ereject'],
    take: (of) => (of.kind === 'refuse' ? { words: of.text } : undefined),
    // A block of lines ends with a line end of its own (RFC 5228 §2.4.2).
    make: ({ words = '' }) => ({ kind: 'refuse', text: words.replace(/\r\n$/, '') }),
  },
]

import { parseFlags, parseSieveAddress, type Command, type Tags } from '#formats/sieve'
import { isAutomatic } from '#mail/vacation'
import { addAction } from './actions.ts'
import { answerOf } from './answer.ts'
import { isFieldName, isProtected, unfold, writeHeaderField } from './edits.ts'
import { Fault } from './fault.ts'
import { FLAG_CHANGES } from './flags.ts'
import { addField, deleteFields, editsOf, fieldAt, fieldsOf, textOf } from './letter.ts'
import { listName, matchAny } from './matching.ts'
import { parseMailto } from './notify.ts'
import { limit, look, traceAction, type Run } from './state.ts'
import type { Action } from './situation.ts'
import { declareGlobal, readVariable, string, strings, valueOf, writeVariable } from './variables.ts'

/** What a command does. Those that ask the caller take their time. */
type Execute = (run: Run, command: Command) => void | Promise<void>

/** Every command but those that say what runs next (`if`, `stop`, `include`, `return`). */
export const COMMANDS: ReadonlyMap<string, Execute> = new Map<string, Execute>([
  // RFC 5228 §4.3, §4.4
  [
    'keep',
    (run, command) => {
      run.isKept = false
      act(run, command, { kind: 'keep', isImplicit: false, ...stored(run, command.tags) })
    },
  ],
  [
    'discard',
    (run, command) => {
      run.isKept = false
      act(run, command, { kind: 'discard' })
    },
  ],

  // RFC 5228 §4.1, RFC 3894 §3, RFC 5490 §3.2, RFC 8579 §4, RFC 9042 §4.2
  [
    'fileinto',
    (run, command) => {
      const { tags, args } = command
      cancelKeep(run, tags)
      act(run, command, {
        kind: 'fileinto',
        mailbox: mailboxName(string(run, args[0])),
        mailboxId: tags.mailboxid === undefined ? undefined : string(run, tags.mailboxid),
        specialUse: tags.specialuse === undefined ? undefined : string(run, tags.specialuse),
        isCreated: tags.create === true,
        ...stored(run, tags),
      })
    },
  ],

  // RFC 5228 §4.2, RFC 6134 §2.3
  [
    'redirect',
    async (run, command) => {
      const { tags, args } = command
      const to = string(run, args[0])
      cancelKeep(run, tags)
      const list = tags.list === undefined ? undefined : listName(to)
      if (list !== undefined && !(await look(run, ({ listExists }) => listExists(list)))) throw new Fault('address')
      const address = list === undefined ? addressIn(to) : undefined
      act(run, command, { kind: 'redirect', address, list, edits: editsOf(run.letter) })
    },
  ],

  // RFC 5429 §2.1, §2.2
  ['reject', (run, command) => refuse(run, command, 'reject')],
  ['ereject', (run, command) => refuse(run, command, 'ereject')],

  // RFC 5230 §4
  [
    'vacation',
    async (run, command) => {
      const answer = await answerOf(run, command.tags, command.args)
      if (answer !== undefined) act(run, command, answer)
    },
  ],

  // RFC 5435 §3, RFC 5436 §2
  [
    'notify',
    async (run, command) => {
      const { tags, args } = command
      const { message, envelope, ownAddress } = run.situation
      const letter = parseMailto(string(run, args[0]))
      if (letter === undefined) throw new Fault('method')
      // RFC 5436 §2.7: machines that tell one another of their letters would never end.
      if (isAutomatic(message)) return
      const from = tags.from === undefined ? undefined : addressIn(string(run, tags.from))
      const said = tags.message === undefined ? letter.subject : string(run, tags.message)
      const [subject] = fieldsOf(run.letter, 'Subject')
      act(run, command, {
        kind: 'notify',
        to: letter.to,
        cc: letter.cc,
        from: from === undefined ? undefined : await ownAddress(from),
        subject: unfold(said ?? (subject === undefined ? '' : textOf(run.letter, subject))),
        text: letter.text,
        importance: Number(tags.importance ?? 2),
        isSenderNull: envelope.from === '',
      })
    },
  ],

  // RFC 5229 §4
  ['set', (run, { tags, args }) => writeVariable(run, String(args[0]), valueOf(run, args[1], tags))],
  // RFC 6609 §3.4.1
  ['global', (run, { args }) => declareGlobal(run, strings(run, args[0]))],

  // RFC 5232 §3
  ...Object.entries(FLAG_CHANGES).map(([name, change]): [string, Execute] => [
    name,
    (run, { args }) => {
      const [variable, list] = args.length > 1 ? [String(args[0]), args[1]] : [undefined, args[0]]
      const before = variable === undefined ? run.flags : parseFlags([readVariable(run, variable)])
      const flags = change(before, parseFlags(strings(run, list)))
      limit(run, 'flags', flags.length)
      if (variable === undefined) run.flags = flags
      else writeVariable(run, variable, flags.join(' '))
    },
  ]),

  // RFC 5293 §4
  [
    'addheader',
    (run, { tags, args }) => {
      const { letter } = run
      const [name, value] = [string(run, args[0]), unfold(string(run, args[1]))]
      if (!isFieldName(name) || writeHeaderField(name, value) === undefined) throw new Fault('field')
      // RFC 5293 §6: what may not be changed is passed over.
      if (isProtected(name)) return
      limit(run, 'edits', letter.first.length + letter.last.length + 1)
      addField(letter, { name, value }, tags.last === true)
    },
  ],
  [
    'deleteheader',
    async (run, { tags, args }) => {
      const { letter } = run
      const name = string(run, args[0])
      if (!isFieldName(name)) throw new Fault('field')
      if (isProtected(name)) return
      const index = tags.index === undefined ? undefined : Number(tags.index)
      const fields = fieldAt(fieldsOf(letter, name), index, tags.last === true)
      if (args[1] === undefined) return deleteFields(letter, fields)
      const patterns = strings(run, args[1])
      // All begun at once, so that it is one piece of work.
      const isGone = await Promise.all(
        fields.map(async (field) => matchAny(run, tags, [textOf(letter, field)], patterns)),
      )
      const found = fields.filter((_field, place) => isGone[place])
      deleteFields(letter, found)
    },
  ],

  // RFC 5463 §5
  [
    'error',
    (run, { args }) => {
      throw new Fault('error', string(run, args[0]))
    },
  ],
])

function act(run: Run, { place }: Command, action: Action): void {
  addAction(run, action)
  traceAction(run, place, action.kind)
}

/** RFC 3894 §3: with `:copy` the letter is kept all the same. */
function cancelKeep(run: Run, { copy }: Tags): void {
  if (copy !== true) run.isKept = false
}

const stored = (run: Run, { flags }: Tags) => ({
  flags: flags === undefined ? run.flags : parseFlags(strings(run, flags)),
  edits: editsOf(run.letter),
})

function refuse(run: Run, command: Command, kind: 'reject' | 'ereject'): void {
  run.isKept = false
  act(run, command, { kind, text: string(run, command.args[0]) })
}

/** Octets of a mailbox's name with those around it. */
const MAILBOX_BYTES = 2048

/** White space of a field that was folded, as it comes with variables, is a space. @throws Fault for a name that no mailbox can have */
function mailboxName(text: string): string {
  const name = text.replace(/[\t\r\n]+/g, ' ')
  const isBad =
    name.trim() === '' || Buffer.byteLength(name) > MAILBOX_BYTES || /\p{Cc}/u.test(name) || !name.isWellFormed()
  if (isBad) throw new Fault('mailbox')
  return name
}

/** @throws Fault when it is no address */
function addressIn(text: string): string {
  const address = parseSieveAddress(text)?.address
  if (address === undefined) throw new Fault('address')
  return address
}

import { POSTINGS, listAddressesOfLists, type Posting } from '#accounts'
import {
  addToList,
  createList,
  loadList,
  ownerOf,
  readInvited,
  readMembers,
  removeList,
  removeMember,
} from '#mail/lists'
import { Refusal } from '#system'
import { EXIT, type Command } from './command.ts'

export const listCommands: Command[] = [
  {
    name: 'list create',
    usage: `ADDRESS --owner ACCOUNT --name NAME [--from ${POSTINGS.join('|')}]`,
    summary:
      'Makes a distribution list that belongs to an account; only its members may write to it unless --from says otherwise.',
    arguments: [1, 1],
    options: { owner: { type: 'string' }, name: { type: 'string' }, from: { type: 'string' } },
    async run({ positionals, options, print, withStorage }) {
      const { owner, name, from = 'members' } = options as Record<string, string | undefined>
      const posting = POSTINGS.find((one) => one === from)
      if (owner === undefined || name === undefined || posting === undefined) {
        process.stderr.write(`zegel list create ADDRESS --owner ACCOUNT --name NAME [--from ${POSTINGS.join('|')}]\n`)
        return EXIT.usage
      }
      const address = await withStorage(async (storage) => {
        const account = await ownerOf(storage, owner)
        return (await createList(storage, account, { address: positionals[0] as string, name, posting })).address
      })
      print({ address, posting }, () => `Made the list ${address}.`)
      return EXIT.ok
    },
  },
  {
    name: 'list add',
    usage: 'ADDRESS MEMBER...',
    summary: 'Puts members on a list. Who is served here is on it at once; everybody else is asked first, by a letter.',
    arguments: [2, 1000],
    options: {},
    async run({ positionals, print, withStorage }) {
      const [address = '', ...members] = positionals
      const added = await withStorage(async (storage, config) =>
        addToList(storage, config, await loadList(storage, address), members),
      )
      print(added, () =>
        [
          ...added.members.map((member) => `${member} is a member.`),
          ...added.invited.map((member) => `${member} was asked by a letter.`),
          ...added.known.map((member) => `${member} was a member before.`),
        ].join('\n'),
      )
      return EXIT.ok
    },
  },
  {
    name: 'list show',
    usage: '[ADDRESS]',
    summary: 'All lists, or the members of one and who was asked and has not said yes.',
    arguments: [0, 1],
    options: {},
    async run({ positionals: [address], print, withStorage }) {
      if (address === undefined) {
        const lists = await withStorage(listAddressesOfLists)
        print(
          lists,
          () => lists.map((list) => `${list.address}  ${SAID[list.posting]}`).join('\n') || 'There is no list.',
        )
        return EXIT.ok
      }
      const shown = await withStorage(async (storage) => {
        const list = await loadList(storage, address)
        const [members, invited] = [await readMembers(list), await readInvited(list)]
        return {
          address: list.address,
          name: list.name,
          posting: list.posting,
          members: members.map(({ address: member, isPaused = false, failures = 0 }) => ({
            address: member,
            isPaused,
            failures,
          })),
          invited: invited.map((one) => one.address),
        }
      })
      print(shown, () =>
        [
          `${shown.name} <${shown.address}>: ${SAID[shown.posting]}`,
          ...shown.members.map((one) => `${one.address}${one.isPaused ? '  gets nothing: too much came back' : ''}`),
          ...shown.invited.map((one) => `${one}  was asked`),
        ].join('\n'),
      )
      return EXIT.ok
    },
  },
  {
    name: 'list remove',
    usage: 'ADDRESS [MEMBER]',
    summary: 'Takes a member off a list, or removes the list.',
    arguments: [1, 2],
    options: {},
    async run({ positionals: [address = '', member], print, withStorage }) {
      await withStorage(async (storage) => {
        const list = await loadList(storage, address)
        if (member === undefined) await removeList(list)
        else if (!(await removeMember(list, member))) throw new Refusal('addressUnknown')
      })
      print({ address, member }, () =>
        member === undefined ? `Removed the list ${address}.` : `${member} is not on it any more.`,
      )
      return EXIT.ok
    },
  },
]

const SAID: Record<Posting, string> = {
  anybody: 'anybody may write to it',
  members: 'its members may write to it',
  moderated: 'its members may write to it; what others write waits for its owner',
  approved: 'what is written to it waits for its owner',
  owner: 'its owner may write to it',
}

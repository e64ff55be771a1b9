import { addAlias, allAddressesOf, findAccount, removeAlias } from '#accounts'
import { makeDefaultIdentities } from '#mail/identities'
import type { OpenAccount, Storage } from '#storage'
import { Refusal } from '#system'
import { EXIT, type Command } from './command.ts'

/** @throws Refusal 'addressUnknown'; 'addressClosed' where the account is being erased */
async function openFound(storage: Storage, address: string): Promise<OpenAccount> {
  const found = await findAccount(storage, address)
  if (found === undefined) throw new Refusal('addressUnknown')
  if (found.state === 'erasing') throw new Refusal('addressClosed')
  return storage.openAccount(found.id)
}

/** Further addresses of an account, given and taken by whoever runs the service. */
export const aliasCommands: Command[] = [
  {
    name: 'account alias add',
    usage: 'ADDRESS ALIAS',
    summary: 'Gives an account one more address, in any domain that is served here.',
    arguments: [2, 2],
    options: {},
    async run({ positionals: [address = '', alias = ''], print, withStorage }) {
      const done = await withStorage(async (storage) => {
        const account = await openFound(storage, address)
        const added = await addAlias(storage, account, alias, { by: 'operator' })
        await makeDefaultIdentities(storage, account)
        return { id: account.id, alias: added }
      })
      print(done, () => `Account ${done.id} has the address ${done.alias} as well.`)
      return EXIT.ok
    },
  },
  {
    name: 'account alias remove',
    usage: 'ADDRESS ALIAS',
    summary: 'Takes an alias away. Nobody else gets it; the account may have it again.',
    arguments: [2, 2],
    options: {},
    async run({ positionals: [address = '', alias = ''], print, withStorage }) {
      const id = await withStorage(async (storage) => {
        const account = await openFound(storage, address)
        await removeAlias(storage, account, alias)
        await makeDefaultIdentities(storage, account)
        return account.id
      })
      print({ id }, () => `Letters to ${alias} are refused from now on.`)
      return EXIT.ok
    },
  },
  {
    name: 'account alias list',
    usage: 'ADDRESS',
    summary: 'Shows the addresses of an account, the first one first. What it has of masked ones is its own affair.',
    arguments: [1, 1],
    options: {},
    looksAt: ['addresses'],
    async run({ positionals: [address = ''], print, noteLook, withStorage }) {
      const addresses = await withStorage(async (storage) => {
        const { id } = await openFound(storage, address)
        await noteLook(storage, [id])
        return (await allAddressesOf(storage, id))
          .filter(({ kind, removedAt }) => kind !== 'masked' && removedAt === null)
          .map((one) => one.address)
      })
      print(addresses, () => addresses.join('\n'))
      return EXIT.ok
    },
  },
]

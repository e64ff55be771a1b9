/**
 * Sealed storage on the device, in IndexedDB: AES-256-GCM under a key that scripts can use and not read (WebCrypto, not
 * extractable). It keeps mail out of the reach of programs that search disks. It does not keep it from whoever can open
 * this browser as its user: for that there are the device's own lock and disk encryption. So it is emptied with the
 * sign-out, and not filled at all on a computer that is not the person's own.
 */
export interface Vault {
  /**
   * Of letters as many are kept as the store bounds; other things stay until they are replaced.
   * @returns false for what is too large
   */
  put(store: Store, name: string, value: unknown): Promise<boolean>
  /** Undefined for what is not there or does not open. */
  get(store: Store, name: string): Promise<unknown>
}
export type Store = 'state' | 'letters'

const database = 'zegel'
const mostLetters = 200
/** A letter that is larger is not kept. */
const mostBytes = 2_000_000

interface Sealed {
  name: string
  at: number
  iv: Uint8Array<ArrayBuffer>
  sealed: ArrayBuffer
}

let opening: Promise<Vault> | undefined

/** @throws DOMException where the browser gives no storage, as in private windows of some */
export function openVault(): Promise<Vault> {
  return (opening ??= open().catch((error: unknown) => {
    opening = undefined
    throw error
  }))
}

/** Takes everything away, the key too. */
export async function wipeVault(): Promise<void> {
  opening = undefined
  await new Promise<void>((resolve) => {
    const request = indexedDB.deleteDatabase(database)
    // Another tab that has it open closes it (see `open`), and the browser deletes it then.
    for (const end of ['success', 'error', 'blocked']) request.addEventListener(end, () => resolve())
  })
}

async function open(): Promise<Vault> {
  const request = indexedDB.open(database, 1)
  request.addEventListener('upgradeneeded', () => {
    request.result.createObjectStore('key')
    for (const store of ['state', 'letters'])
      request.result.createObjectStore(store, { keyPath: 'name' }).createIndex('at', 'at')
  })
  const db = await settled(request)
  db.addEventListener('versionchange', () => {
    db.close()
    opening = undefined
  })
  const key = await keyOf(db)
  const bound = (store: string, name: string) => new TextEncoder().encode(`${store}/${name}`)

  return {
    async put(store, name, value) {
      const clear = new TextEncoder().encode(JSON.stringify(value))
      if (clear.length > mostBytes) return false
      const iv = crypto.getRandomValues(new Uint8Array(12))
      const algorithm = { name: 'AES-GCM', iv, additionalData: bound(store, name) }
      const sealed = await crypto.subtle.encrypt(algorithm, key, clear)
      const objects = db.transaction(store, 'readwrite').objectStore(store)
      await settled(objects.put({ name, at: Date.now(), iv, sealed } satisfies Sealed))
      if (store === 'letters') await prune(db)
      return true
    },
    async get(store, name) {
      const found = await settled<Sealed | undefined>(db.transaction(store).objectStore(store).get(name))
      if (!found) return undefined
      try {
        const algorithm = { name: 'AES-GCM', iv: found.iv, additionalData: bound(store, name) }
        const clear = await crypto.subtle.decrypt(algorithm, key, found.sealed)
        return JSON.parse(new TextDecoder().decode(clear)) as unknown
      } catch {
        return undefined
      }
    },
  }
}

async function keyOf(db: IDBDatabase): Promise<CryptoKey> {
  const known = await settled<CryptoKey | undefined>(db.transaction('key').objectStore('key').get('key'))
  if (known) return known
  const made = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  // Of two tabs that start at once the first one's key stays.
  const keys = db.transaction('key', 'readwrite').objectStore('key')
  const first = await settled<CryptoKey | undefined>(keys.get('key'))
  if (first) return first
  await settled(keys.put(made, 'key'))
  return made
}

/** Of the letters only those opened last stay. */
async function prune(db: IDBDatabase): Promise<void> {
  const letters = db.transaction('letters', 'readwrite').objectStore('letters')
  const count = await settled(letters.count())
  if (count <= mostLetters) return
  const names = await settled(letters.index('at').getAllKeys(null, count - mostLetters))
  await Promise.all(names.map((name) => settled(letters.delete(name))))
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new DOMException('failed', 'UnknownError')))
  })
}

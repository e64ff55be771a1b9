/**
 * Puts letters into the queue, all to leave at one time: `node bench/put.ts DOMAIN COUNT MIX TIME [AUTHOR]` beside a
 * running server. With AUTHOR, a domain served there, they are by somebody of it.
 */
import { enqueue, prepareLetter } from '#mail/outbound'
import { loadConfig, openLog } from '#system'
import { openStorage, startDatabase } from '#storage'

interface Generator {
  message(seed: number, index: number, mix: string, to: string): { data: Buffer }
}

const TOGETHER = 200

const [domain = '', wanted = '0', mix = 't', time = '', author] = process.argv.slice(2)
const { message } = (await import(new URL('../../shared/bench/load/lib.mjs', import.meta.url).href)) as Generator
const log = openLog('warn')
const config = loadConfig()
const database = await startDatabase(config, log)
const storage = await openStorage(config, database.url, 'zegel_app', log)
const by = (content: Buffer): Buffer =>
  author === undefined
    ? content
    : Buffer.from(content.toString('latin1').replace(/^From: .*/m, `From: Anna <anna@${author}>`), 'latin1')
for (let done = 0; done < Number(wanted); done += TOGETHER) {
  const letters = await Promise.all(
    Array.from({ length: Math.min(TOGETHER, Number(wanted) - done) }, (_, i) => {
      const to = `u${done + i}@${domain}`
      const content = by(message(7, done + i, mix, to).data)
      return prepareLetter(storage, {
        accountId: 7,
        mailFrom: 'sender@zegel.test',
        recipients: [{ address: to }],
        content,
        isWrittenHere: author !== undefined,
        sendAt: new Date(time),
      })
    }),
  )
  await storage.database.transaction(
    async (sql) => void (await Promise.all(letters.map((letter) => enqueue(sql, letter)))),
  )
}
await storage.close()
await database.stop()

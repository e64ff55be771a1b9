import type { Sql, Storage } from '#storage'

/** The same storage, and how often the database was asked outside transactions. */
export function countingQuestions(storage: Storage): { storage: Storage; asked(): number } {
  let asked = 0
  const { sql } = storage.database
  const counting =
    (run: Sql['bytes']): Sql['bytes'] =>
    (...args) => {
      asked++
      return run(...args)
    }
  const counted: Sql = Object.assign(counting(sql), { bytes: counting(sql.bytes) })
  return { storage: { ...storage, database: { ...storage.database, sql: counted } }, asked: () => asked }
}

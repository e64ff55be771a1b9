import type { Sql, Storage } from '#storage'

/** The same storage, and how often the database was asked outside transactions. */
export function countingQuestions(storage: Storage): { storage: Storage; asked(): number } {
  let asked = 0
  const { sql } = storage.database
  const counted: Sql = (...args) => {
    asked++
    return sql(...args)
  }
  return { storage: { ...storage, database: { ...storage.database, sql: counted } }, asked: () => asked }
}

import type { Storage } from '#storage'
import { letterOf, reportLetterPlace, type ReportLetter } from './note.ts'

export interface WaitingReportLetter extends ReportLetter {
  letterId: number
}

/** The oldest letter that waits to be read, past one: one at a time, for a few of them fill the memory. */
export async function nextReportLetter(storage: Storage, after: number): Promise<WaitingReportLetter | undefined> {
  const { rows } = await storage.database.sql<{ letter_id: number; sealed: Buffer }>`
    select letter_id, sealed from report_letter where letter_id > ${after} order by letter_id limit 1`
  const [row] = rows
  if (row === undefined) return undefined
  const reports = await storage.keys.serviceKey('domainReports')
  return { ...letterOf(reports.open(reportLetterPlace(row.letter_id), row.sealed)), letterId: row.letter_id }
}

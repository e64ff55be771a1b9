import type { Storage } from '#storage'
import { enquiryPlace, type Enquiry } from './note.ts'

export interface WaitingEnquiry extends Enquiry {
  letterId: number
}

/** Letters that wait to become tickets, the oldest first. */
export async function waitingEnquiries(storage: Storage, most: number): Promise<WaitingEnquiry[]> {
  const { rows } = await storage.database.sql<{ letter_id: number; sealed: Buffer }>`
    select letter_id, sealed from support_letter order by letter_id limit ${most}`
  const support = await storage.keys.serviceKey('support')
  return rows.map(({ letter_id: letterId, sealed }) => ({
    ...(JSON.parse(support.open(enquiryPlace(letterId), sealed).toString()) as Enquiry),
    letterId,
  }))
}

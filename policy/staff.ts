/** What somebody of the staff does; one person may do several things. */
export const STAFF_ROLES = ['support', 'abuse', 'legal', 'finance', 'operations'] as const
export type StaffRole = (typeof STAFF_ROLES)[number]

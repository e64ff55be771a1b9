/**
 * Who works here: their sign-in with a second factor, their roles, and the confidentiality agreement without which nothing opens
 * (promise 9). Writes the tables staff, staff_invitation, staff_totp, staff_passkey, staff_recovery_code, staff_session,
 * staff_agreement and staff_event.
 */
export { addMember, changeRoles, endMember, inviteAgain, listMembers, type Member } from './members.ts'
export { beginEnrolment, finishEnrolment, type Enrolled } from './enrol.ts'
export { beginStaffSignIn, passStaffFactor, type GivenFactor, type StaffFactorChoices } from './sign-in.ts'
export { endStaffSession, findStaff, type InStaffSession } from './sessions.ts'
export { addStaffPasskey, beginStaffPasskey, listStaffPasskeys, removeStaffPasskey } from './passkeys.ts'
export { makeStaffCodes } from './codes.ts'
export { agreementOf, countAgreements, signAgreement, type Agreement } from './agreement.ts'
export { agreementText, AGREEMENT_VERSION, type AgreementText } from './agreement-text.ts'
export { noteStaffEvent, type StaffEvent } from './events.ts'

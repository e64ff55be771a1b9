/** MTA-STS (RFC 8461): the record and the policy by which a domain says how its mail servers are known. */
export { LONGEST_POLICY, matchesHost, parseStsPolicy, parseStsRecords, type StsMode, type StsPolicy } from './policy.ts'

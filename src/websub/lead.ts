/** Seconds after which another process takes the lead if it was not renewed. */
export const leaseOfLead = 15

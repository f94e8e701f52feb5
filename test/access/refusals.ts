/** How those are answered who may not. */
import { expect } from 'vitest'

/** The refusal of a caller who is known, but lacks a permission on a resource. */
export const denied = (permission: string, resource: string) => ({
  status: 403,
  body: {
    error: {
      code: 403,
      status: 'PERMISSION_DENIED',
      message: 'The caller does not have permission',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'IAM_PERMISSION_DENIED',
          domain: 'iam.googleapis.com',
          metadata: { permission, resource },
        },
      ],
    },
  },
})

/** The refusal of a caller who lacks a permission, whatever it is. */
export const FORBIDDEN = {
  status: 403,
  body: { error: { code: 403, status: 'PERMISSION_DENIED', message: 'The caller does not have permission' } },
}

/** The refusal of a caller who is not known. */
export const UNAUTHENTICATED = {
  status: 401,
  body: { error: { code: 401, status: 'UNAUTHENTICATED', message: expect.any(String) } },
}

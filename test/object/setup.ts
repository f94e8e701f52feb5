// These tests are worth nothing under Node: a pool that failed to start must not pass in silence.
if (navigator.userAgent !== 'Cloudflare-Workers') throw new Error('the object tests must run in workerd')

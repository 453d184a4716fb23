#ifndef PUMASI_LIB_BASE_LIMITS_H
#define PUMASI_LIB_BASE_LIMITS_H

/* Whatever others can make grow has a row here: the largest it may become, and who feels it. */
#define LIMIT_MESSAGE_BYTES          (1 << 20)  /* one gRPC request from a client */
#define LIMIT_REPLY_BYTES            (64 << 20) /* one gRPC reply that a client accepts */
#define LIMIT_REQUEST_ARENA_BYTES    (8 << 20)  /* all that one request may allocate */
#define LIMIT_FILE_BYTES             (1 << 20)  /* case files, tree files; manifests */
#define LIMIT_BASIS_BYTES            (48 << 20) /* what one statement is computed from, as JSON */
#define LIMIT_LIST_ITEMS             10000      /* entries of one list inside one object */
#define LIMIT_TEXT_BYTES             1024       /* a free text (reason, evidence) */
#define LIMIT_NAME_BYTES             128        /* a display name */
#define LIMIT_PAGE_ITEMS             1000       /* objects in one page of a listing */
#define LIMIT_SEGMENT_BYTES          ((size_t)1 << 31) /* one sealed segment of a ledger */
#define LIMIT_TXN_OPS                128 /* operations in one etcd transaction (etcd's default) */
#define LIMIT_VALUE_BYTES            (1 << 20) /* one stored value (etcd refuses above 1.5 MiB) */
#define LIMIT_BATCH_ITEMS            256       /* bookings in one call */
#define LIMIT_GPUS_PER_NODE          16
#define LIMIT_NODES                  20000
#define LIMIT_QUEUE_REQUESTS         32768 /* requests waiting for the writer */
#define LIMIT_QUEUE_PEOPLE           4096  /* of these, from the people of one organisation */
#define LIMIT_CONCURRENT_CALLS       1024  /* calls a server works on at once */
#define LIMIT_STREAMS                32768 /* streaming calls a server holds at once: agents, watchers */
#define LIMIT_STREAMS_PER_CONNECTION 1024       /* calls of both kinds on one connection */
#define LIMIT_STREAM_QUEUE           256        /* messages waiting on one stream */
#define LIMIT_JOURNAL_BYTES          (64 << 20) /* the agent's journal before it asks for help */

#endif

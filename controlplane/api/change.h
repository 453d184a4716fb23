#ifndef PUMASI_CONTROLPLANE_API_CHANGE_H
#define PUMASI_CONTROLPLANE_API_CHANGE_H

#include "controlplane/api/service.h"

#include "pumasi/v1/common.pb-c.h"

/* The way of a change: request message -> command -> ChangeReply. */
void change_handle(struct api *api, struct rpc_call *call, const struct api_method *method,
                   const ProtobufCMessage *request);

/* Submits a command whose arguments the caller has made (on the heap; taken). `done` is called
 * exactly once, also when the engine refuses it at the door. */
void change_submit(struct api *api, const struct principal *principal, enum command_kind kind,
                   void *args, engine_done_fn done, void *arg);

/* Fills the reply; what it points to lives in the arena and in engine_reply. ERR_LIMIT: no room. */
MUST_CHECK int change_reply_fill(const struct engine_reply *from, struct arena *arena,
                                 Pumasi__V1__ChangeReply *ret, struct err *err);

/* A quote in the arena. ERR_LIMIT: no room. */
MUST_CHECK int change_quote_fill(const struct quote *from, struct arena *arena,
                                 Pumasi__V1__Quote **ret, struct err *err);

/* Makes what a filled reply borrows from engine_reply its own, in the arena. */
MUST_CHECK int change_reply_keep(Pumasi__V1__ChangeReply *reply, struct arena *arena,
                                 struct err *err);

/* What to say where an answer finds no room in the memory of its call: the change itself has been
 * made, so it is an unknown outcome, to be looked up. */
void change_unfit(const struct engine_reply *reply, struct err *ret);

/* Fails a call with that. */
void change_answer_unfit(struct rpc_call *call, const struct engine_reply *reply);

/* An engine_done_fn whose arg is the call: answers it with a ChangeReply. */
void change_answer(void *call, const struct engine_reply *reply, const struct err *err);

#endif

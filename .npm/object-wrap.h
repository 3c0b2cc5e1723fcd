// Included before everything else when an addon is compiled against Node.js headers whose node::ObjectWrap registers a cleanup hook
// (24.19 and later of that line). Its destructor aborts the process when a garbage collection runs outside JavaScript or the
// environment is gone (nodejs/node#65446), which a database library cannot avoid. Here ObjectWrap is what it was before.
#ifndef PINION_OBJECT_WRAP_H_
#define PINION_OBJECT_WRAP_H_
#ifdef __cplusplus
#include <node.h>
namespace node {
inline void WithoutCleanupHook(v8::Isolate*, void (*)(void*), void*) {}
}  // namespace node
#define AddEnvironmentCleanupHook WithoutCleanupHook
#define RemoveEnvironmentCleanupHook WithoutCleanupHook
#include <node_object_wrap.h>
#undef AddEnvironmentCleanupHook
#undef RemoveEnvironmentCleanupHook
#endif
#endif

"""Asks azure-identity for tokens, as TokenSender asks ours.

    ask.py <PLANS    a line of JSON per case; prints a line of JSON for each that has ended

Each case gets a process of its own, with an environment of its own, branched off from this one,
which has loaded the packages. A process that exceeds its time is ended.
"""

import json
import logging
import os
import select
import signal
import sys
import time

# Loaded here, where it is done once.
import azure.identity as identity
import azure.identity._credentials.app_service
import azure.identity._credentials.azure_arc
import azure.identity._credentials.azure_ml
import azure.identity._credentials.cloud_shell
import azure.identity._credentials.imds  # noqa: F401
import msal  # noqa: F401
import requests  # noqa: F401
from azure.core.pipeline.transport import RequestsTransport  # noqa: F401

SCOPE = "https://monitor.azure.com//.default"


def credential(name: str, plan: dict):
    tenant, client = plan.get("tenant"), plan.get("client")
    apart = {"disable_instance_discovery": True}
    if name == "secret":
        return identity.ClientSecretCredential(tenant, client, plan["secret"], **apart)
    if name == "environment":
        return identity.EnvironmentCredential(**apart)
    if name == "workload":
        given = {"tenant_id": tenant, "client_id": client, "token_file_path": plan.get("tokenFile")}
        given = {key: held for key, held in given.items() if held is not None}
        return identity.WorkloadIdentityCredential(**given, **apart)
    if name == "managed":
        chosen = dict(plan.get("identity", {}))
        if "client_id" in chosen:
            return identity.ManagedIdentityCredential(client_id=chosen["client_id"])
        return identity.ManagedIdentityCredential(identity_config=chosen or None)
    if name == "default":
        return identity.DefaultAzureCredential(**apart)
    if name == "az":
        given = {"tenant_id": tenant or "", "subscription": plan.get("subscription")}
        return identity.AzureCliCredential(**given)
    if name == "azd":
        return identity.AzureDeveloperCliCredential(tenant_id=tenant or "")
    if name == "pwsh":
        return identity.AzurePowerShellCredential(tenant_id=tenant or "")
    if name == "chain":
        return identity.ChainedTokenCredential(*(credential(each, plan) for each in plan["chain"]))
    raise ValueError(f"there is no credential {name}")


def ask(made, plan: dict) -> dict:
    options = {"claims": plan["claims"]} if "claims" in plan else {}
    try:
        if isinstance(made, Exception):
            raise made
        token = made.get_token_info(plan.get("scope", SCOPE), options=options)
    except identity.CredentialUnavailableError as error:
        return {"outcome": "unavailable", "error": str(error)}
    except Exception as error:
        return {"outcome": "failed", "error": f"{type(error).__name__}: {error}"}
    return {"outcome": "token", "token": token.token, "life": token.expires_on - int(time.time())}


def run(case: dict) -> None:
    """What the branched-off process does."""
    logging.disable()
    os.environ.clear()
    os.environ.update(case["environment"])
    time.tzset()
    signal.alarm(case["limit"])
    plan = case["plan"]
    with open(case["outcomes"], "w", encoding="utf-8") as out:
        try:
            made = credential(plan["credential"], plan)
        except Exception as error:
            # Ours says so when it is asked.
            made = error
        for number in range(plan.get("asks", 1)):
            if number > 0:
                for path, text in plan.get("between", {}).items():
                    with open(path, "w", encoding="utf-8") as file:
                        file.write(text)
            out.write(json.dumps(ask(made, plan)) + "\n")
            out.flush()


def serve() -> None:
    running: dict[int, str] = {}
    pending = b""
    is_open = True
    while is_open or running:
        readable, _, _ = select.select([0] if is_open else [], [], [], 0.02)
        if readable:
            held = os.read(0, 1 << 16)
            is_open = bool(held)
            *lines, pending = (pending + held).split(b"\n")
            for line in lines:
                case = json.loads(line)
                pid = os.fork()
                if pid == 0:
                    status = 1
                    try:
                        null = os.open(os.devnull, os.O_RDWR)
                        os.dup2(null, 0)
                        os.dup2(null, 1)
                        run(case)
                        status = 0
                    finally:
                        os._exit(status)
                running[pid] = case["id"]
        while running:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            print(json.dumps(running.pop(pid)), flush=True)


if __name__ == "__main__":
    sys.exit(serve())

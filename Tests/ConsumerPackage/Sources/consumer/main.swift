import AzureMonitor

print("AzureMonitor is linked")
